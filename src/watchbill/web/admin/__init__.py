"""What the pages of the administration are made of: questions, answers, differences in words, and who may change what."""

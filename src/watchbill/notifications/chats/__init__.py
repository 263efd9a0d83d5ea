"""Chats: where the desk posts what is open, and who there is whom. What a chat is made of stands in `connectors`."""

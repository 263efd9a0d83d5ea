"""What people do with reports. Each act: seen, allowed, locked; told in its story, recorded, its promises counted anew."""

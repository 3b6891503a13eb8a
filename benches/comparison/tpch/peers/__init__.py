"""The programs that run inside the peers' virtual environment."""

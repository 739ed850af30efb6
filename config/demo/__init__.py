"""The demo of `script/server --demo`: mail servers and customers here, as two more parts.

It stands beside config/serve.py, which starts it, and knows no Django. What stands in the database
is told by inbox/demo/.
"""

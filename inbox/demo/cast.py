"""Who plays in the demo: the house that uses Musubi, its mailboxes, and addresses of note."""

HOST = "localhost"  # of the demo's mail servers
HOUSE = "Kumo Works"
DOMAIN = "kumo.example"
HANA = f"hana@{DOMAIN}"
KEN = f"ken@{DOMAIN}"
INFO = f"info@{DOMAIN}"  # its mailbox is the disconnected one

MAILBOXES = (HANA, KEN, INFO)  # what the demo's mail servers hold for Musubi
CUSTOMERS = "customers@demo.example"  # the one mailbox in which all mail to customers arrives
GONE = frozenset({"thomas.brandt@nordlicht.example"})  # nobody is there: the server says so

# The addresses of Japanese customers end with this; they answer in Japanese.
JAPANESE = ".example.jp"

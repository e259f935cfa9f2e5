"""Events → sessions → segment assignments → facts, through one path for live events, imports and the demo.

incoming.py   what a reader yields: columns, Batch, Refused
intake.py     take_in(batches): the one path
importer.py   a file from its first unread line to its last, resumable
live.py       the one writer thread behind webevents and actionevent
readers/      file formats → batches
"""

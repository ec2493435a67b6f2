"""The pages of the console: one file per page, and the parts that pages share.

Pages call only the API, with the session of their viewer, so a page can never show or do more than that
viewer is allowed to. Browser code is in `static/`; nothing is loaded from another host.
"""

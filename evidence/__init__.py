"""Evidence for those who must sign: one signed document about a base or a detector, and an inventory of all.

`gathering` reads what is stored, `document` has the form, `signed_file` signs and reads files, `verifying`
checks one offline, `page` shows it as HTML.
"""

"""What the console computes with models, in a process of its own.

Scoring weeks of transactions again takes seconds and torch hundreds of megabytes: neither may hold up a page.
`results` holds what comes back, `work` runs in the child, `process` asks it.
"""

"""Kills workers, recorder, adapter, console and broker for minutes, and proves that nothing is lost.

Transactions flow, analysts flag episodes and roll detectors back all the while. At the end every process may
finish, and the proof reads the topics and the database: `benchmarks.soak.proof` lists what must hold.
"""

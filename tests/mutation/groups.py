"""The modules that are mutated, and the tests that should notice; each group runs by itself."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Group:
    """Modules and their tests, as paths in the repository.

    Attributes:
        files: modules that are mutated.
        tests: files of tests that judge every mutant of these modules.
        options: pytest's options that select among these tests.
    """

    files: tuple[str, ...]
    tests: tuple[str, ...]
    options: tuple[str, ...] = ()


GROUPS = {
    "quality": Group(
        ("monitoring/quality.py",),
        ("tests/unit/monitoring/test_labels_and_quality.py",),
    ),
    "rules": Group(
        ("control/rules.py", "control/rule_table.py", "stream/scoring/rules.py"),
        ("tests/unit/control/test_rules.py",),
    ),
    "calibration": Group(
        ("meta/calibration.py", "meta/recalibration.py"),
        (
            "tests/unit/meta/test_calibration.py",
            "tests/unit/meta/test_recalibration.py",
            "tests/unit/control/test_sound_entries.py",
        ),
    ),
    "gate": Group(
        (
            "meta/gate.py",
            "meta/trade_off.py",
            "meta/verdict.py",
            "meta/weighing.py",
            "adaptation/proposing/trade_offs.py",
        ),
        (
            "tests/unit/meta/test_gate.py",
            "tests/unit/meta/test_judge.py",
            "tests/unit/meta/test_reasons.py",
            "tests/unit/meta/test_set_aside.py",
            "tests/unit/meta/test_weighing.py",
            "tests/unit/adaptation/test_trade_off_message.py",
        ),
    ),
    "envelope": Group(
        ("control/envelope.py", "contracts/signing/keys.py", "contracts/signing/trust.py"),
        ("tests/unit/control/test_envelope.py", "tests/unit/contracts/test_trust.py"),
    ),
    "audit": Group(
        ("storage/audit_log.py", "storage/audit_keys.py", "storage/audit_search.py", "console/audit.py"),
        (
            "tests/contract/stores/test_audit_log.py",
            "tests/contract/stores/test_keyed_audit_log.py",
            "tests/contract/stores/test_console_stores.py",
            "tests/unit/console/test_audit_note.py",
        ),
        ("-k", "not postgresql"),  # a server for each mutant would take minutes
    ),
    "intake": Group(
        (
            "adaptation/intake/admitting.py",
            "adaptation/intake/checks.py",
            "adaptation/intake/dispatch.py",
            "adaptation/intake/labelling.py",
            "adaptation/intake/refusing.py",
        ),
        (
            "tests/unit/adaptation/test_admitting.py",
            "tests/unit/adaptation/test_dispatch.py",
            "tests/unit/adaptation/test_intake_checks.py",
            "tests/unit/adaptation/test_labelling.py",
            "tests/unit/adaptation/test_refusing.py",
        ),
    ),
    "partition": Group(
        (
            "stream/partition/group_commit.py",
            "stream/partition/manager.py",
            "stream/transport/patience.py",
            "stream/partition/place.py",
            "stream/partition/round.py",
            "stream/partition/round_runner.py",
            "stream/partition/worker.py",
        ),
        (
            "tests/unit/stream/test_asking_for_places.py",
            "tests/unit/stream/test_group_commit.py",
            "tests/unit/stream/test_group_place.py",
            "tests/unit/stream/test_partition_manager.py",
            "tests/unit/stream/test_partition_tasks.py",
            "tests/unit/stream/test_partition_worker.py",
            "tests/unit/stream/test_patience.py",
            "tests/unit/stream/test_round.py",
            "tests/unit/stream/test_rounds_of_a_worker.py",
        ),
    ),
}

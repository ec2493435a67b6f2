"""`flagfive topics`: create the topics, or show them."""

from typing import Annotated

import typer

from flagfive.global_options import settings_of

app = typer.Typer(add_completion=False)


@app.command(epilog="Example: flagfive topics --show")
def topics(
    context: typer.Context,
    show: Annotated[bool, typer.Option("--show", help="Show which topics exist; change nothing.")] = False,
    shorten: Annotated[
        list[str] | None,
        typer.Option(
            metavar="TOPIC",
            help="Also cut what this existing topic allows: an earlier deletion of its records, or smaller "
            "records. Without it, such limits are left as they are, and shown. Repeat it for others.",
        ),
    ] = None,
) -> None:
    """Create every topic of flagfive and set its limits; correct topics stay unchanged.

    Names, partitions and retention come from [topics] of flagfive.toml. With three or more copies, a write
    counts once two brokers have it (min.insync.replicas=2).
    """
    from flagfive.cluster import administrator
    from flagfive.topic_plan import ensure_topics, partitions_of, planned_topics

    settings = settings_of(context)
    plan = planned_topics(settings)
    with administrator(settings.broker) as admin:
        if show:
            present = partitions_of(admin, plan)
            state = {topic.name: "exists" if topic.name in present else "missing" for topic in plan}
        else:
            state = ensure_topics(admin, plan, shorten or ())
    width = max(len(topic.name) for topic in plan)
    for topic in plan:
        policy = topic.configs["cleanup.policy"]
        print(f"{topic.name:{width}}  {topic.partitions} x {policy:8}{state[topic.name]}")
    if left := [name for name, said in state.items() if "left:" in said]:
        print(
            "Existing topics keep what they allow. To set it as planned: "
            + " ".join(f"--shorten {name}" for name in left)
        )

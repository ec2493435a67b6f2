"""`flagfive recorder`: write scores, alerts and control entries to the database."""

import typer

from flagfive.global_options import settings_of

app = typer.Typer(add_completion=False)


@app.command(epilog="Example: flagfive recorder")
def recorder(context: typer.Context) -> None:
    """Write scores with their features, alerts and control entries to storage.url until Ctrl-C.

    It creates or migrates the tables at the start. While the broker or the database is away, it waits. A
    record that is read twice is stored once. Several recorders share the partitions. With history.location,
    scores also go to the history store. Recorders also send webhooks, if `webhooks.endpoints` names some.
    """
    from contracts.scored_batch import scored_schema
    from contracts.stage_batch import BatchFormat
    from features.vector import FeatureLayout
    from flagfive.database import open_database
    from flagfive.errors import UserError
    from flagfive.history_threads import history_threads
    from flagfive.keys import control_key
    from flagfive.logs import configure_logging
    from flagfive.metrics_page import serve_metrics
    from flagfive.stop_signals import call_on_stop_signal
    from recorder.followed import Followed
    from recorder.recorder import Recorder, Topics
    from recorder.webhooks.sending import Senders
    from recorder.webhooks.signing import MissingSecret
    from storage import migrate
    from stream.wiring import transaction_schema

    settings = settings_of(context)
    key = control_key(settings)
    configure_logging(settings)
    engine = open_database(settings)
    migrate.upgrade(engine)
    names = settings.topics
    topics = Topics(names.scored, names.alerts, names.shadow_alerts, names.control, names.dead_letters)
    group = settings.stream.group + "-recorder"
    width = len(FeatureLayout(transaction_schema(settings)))
    form = BatchFormat(scored_schema([entity.name for entity in settings.entities], width))
    source = settings.topics.transactions
    followed = Followed.of(settings)
    wanted = (settings.webhooks.names("alerts"), settings.webhooks.most_waiting)
    running = Recorder(settings.broker, group, topics, engine, key, followed, source, form, wanted)
    beside = history_threads(settings, engine, form)

    def stop() -> None:
        running.stop()
        for one in beside:
            one.stop()

    call_on_stop_signal(stop)
    serve_metrics(settings, "recorder")
    try:
        senders = Senders(settings, engine)
    except MissingSecret as missing:
        raise UserError(str(missing)) from None
    for one in beside:
        one.start()
    with senders:
        running.run()
    for one in beside:
        one.join()

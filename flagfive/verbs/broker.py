"""`flagfive broker`: run a Kafka broker on this machine, in the foreground or in the background."""

import typer

from flagfive.global_options import command_line, settings_of

app = typer.Typer(add_completion=False, invoke_without_command=True)


@app.callback(epilog="Example: flagfive broker start && flagfive broker status && flagfive broker stop")
def run(context: typer.Context) -> None:
    """Run a Kafka broker at broker.bootstrap (127.0.0.1:19192) until Ctrl-C; its data is in var/broker.

    Without a subcommand it runs in the foreground. Missing parts (Java 17, Kafka) are fetched first.
    """
    if context.invoked_subcommand is not None:
        return
    from flagfive.broker_guard import BrokerGuard
    from flagfive.own_broker import OwnBroker
    from flagfive.processes import ProcessEnded, Processes

    settings = settings_of(context)
    own = OwnBroker.of(settings)
    with BrokerGuard(own.folder), Processes(settings.var / "log") as processes:
        own.start(processes)
        print(f"Kafka answers at {own.address}; Ctrl-C stops it", flush=True)
        try:
            processes.watch()
        except ProcessEnded as error:
            raise own.explain(error) from None


@app.command(epilog="Example: flagfive broker start")
def start(context: typer.Context) -> None:
    """Start the broker in the background, and return when it answers."""
    from flagfive.broker_guard import start_in_background
    from flagfive.own_broker import OwnBroker

    settings = settings_of(context)
    own = OwnBroker.of(settings)
    start_in_background(own, command_line(context, "broker"), settings.var / "log" / "broker-start.log")
    print(f"Kafka answers at {own.address}")


@app.command(epilog="Example: flagfive broker stop")
def stop(context: typer.Context) -> None:
    """Stop the broker of this folder, whether it runs in the foreground or in the background."""
    from flagfive.broker_guard import stop_running
    from flagfive.own_broker import OwnBroker

    own = OwnBroker.of(settings_of(context))
    print("the broker has stopped" if stop_running(own.folder) else "no broker runs in this folder")


@app.command(epilog="Example: flagfive broker status")
def status(context: typer.Context) -> None:
    """Show whether a broker answers; exit code 1 if none does."""
    from flagfive.broker_guard import running_process
    from flagfive.cluster import answers
    from flagfive.own_broker import OwnBroker, broker_is_given

    settings = settings_of(context)
    address = settings.broker.bootstrap
    process = None if broker_is_given() else running_process(OwnBroker.of(settings).folder)
    whose = f"started by flagfive, process {process}" if process else "not started from this folder"
    if not answers(settings.broker):
        print(f"no broker answers at {address}" + (f" ({whose})" if process else ""))
        raise typer.Exit(1)
    print(f"a broker answers at {address} ({whose})")

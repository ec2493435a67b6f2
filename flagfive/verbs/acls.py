"""`flagfive acls`: print the commands that give each process the rights it needs on the cluster."""

import shlex
from typing import TYPE_CHECKING, Annotated

import typer

from flagfive.errors import UserError
from flagfive.global_options import settings_of

if TYPE_CHECKING:
    from flagfive.rights import Right
    from settings import Settings

app = typer.Typer(add_completion=False)


@app.command(
    epilog="Example: flagfive acls worker recorder --principal worker=User:CN=scorer,O=Bank "
    "--admin admin.properties > acls.sh"
)
def acls(
    context: typer.Context,
    process: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="PROCESS...",
            help="worker, adapter, recorder, console, decide, feed, analyst or operator (default: all).",
        ),
    ] = None,
    principal: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PROCESS=PRINCIPAL",
            help="The user of a process as the broker names it; repeat it for others. With SASL it is "
            "User:NAME, with client certificates User:SUBJECT. Default: User:flagfive-PROCESS.",
        ),
    ] = None,
    admin: Annotated[
        str,
        typer.Option(help="File with the connection of an administrator, for --command-config."),
    ] = "admin.properties",
    remove: Annotated[
        bool, typer.Option("--remove", help="Print commands that take the rights away.")
    ] = False,
) -> None:
    """Print kafka-acls.sh commands with the least rights that each process needs; change nothing.

    Names of topics and groups come from the settings. The broker needs an authorizer, and must deny what no
    rule allows (allow.everyone.if.no.acl.found=false). The monitor does not connect to Kafka.
    """
    from flagfive.rights import PROCESSES, process_named

    settings = settings_of(context)
    chosen = [process_named(name) for name in process or PROCESSES]
    named = dict(_mapping(one) for one in principal or ())
    for one in chosen:
        print(f"# {one.name}: {one.does}")
        for right in one.rights(settings):
            print(_command(settings, right, named.get(one.name, one.principal), admin, remove))


def _mapping(text: str) -> tuple[str, str]:
    from flagfive.rights import process_named

    name, separator, user = text.partition("=")
    if not separator or ":" not in user:
        raise UserError(
            f"--principal {text}: write PROCESS=TYPE:NAME, for example worker=User:scorer or "
            "worker=User:CN=scorer,O=Bank"
        )
    return process_named(name).name, user


def _command(settings: "Settings", right: "Right", principal: str, admin: str, remove: bool) -> str:
    words = ["kafka-acls.sh", "--bootstrap-server", settings.broker.bootstrap, "--command-config", admin]
    words += ["--remove", "--force"] if remove else ["--add"]
    words += ["--allow-principal", principal]
    for operation in right.operations:
        words += ["--operation", operation.title().replace("_", "")]
    words += ["--resource-pattern-type", "prefixed"] if right.prefix else []
    for name in right.names:
        words += [f"--{right.kind}", name]
    return shlex.join(words)

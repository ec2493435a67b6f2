"""A real Kafka broker with TLS, SASL, client certificates and access rules, for tests and benchmarks.

Three listeners on loopback: SASL_SSL (SCRAM, PLAIN, OAUTHBEARER), SSL (asks for a client certificate) and
PLAINTEXT. What no rule allows is denied, except to the user `admin` and to the broker itself.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from flagfive.cluster import answers
from flagfive.jars import RECIPE, ensure_jars
from flagfive.java import ensure_java
from flagfive.own_broker import free_port
from flagfive.processes import Processes
from settings import BrokerSettings
from tests.certificates import Authority, Pair

ADMIN = "admin"
SCRAM = "SCRAM-SHA-512"
HOST = "127.0.0.1"
START_S = 120.0
CLUSTER_ID = "c2VjdXJlLWJyb2tlci0xMg"

CONFIGURATION = """
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@{host}:{controller}
listeners=SASL_SSL://{host}:{sasl},SSL://{host}:{mutual},PLAINTEXT://{host}:{plain},CONTROLLER://{host}:{controller}
advertised.listeners=SASL_SSL://{host}:{sasl},SSL://{host}:{mutual},PLAINTEXT://{host}:{plain}
controller.listener.names=CONTROLLER
inter.broker.listener.name=SSL
listener.security.protocol.map=CONTROLLER:SSL,SASL_SSL:SASL_SSL,SSL:SSL,PLAINTEXT:PLAINTEXT
log.dirs={folder}/data

ssl.keystore.type=PEM
ssl.keystore.location={keys}
ssl.truststore.type=PEM
ssl.truststore.location={authority}
ssl.client.auth=required
listener.name.sasl_ssl.ssl.client.auth=none

sasl.enabled.mechanisms=SCRAM-SHA-512,SCRAM-SHA-256,PLAIN,OAUTHBEARER
listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config={scram_module} required;
listener.name.sasl_ssl.scram-sha-256.sasl.jaas.config={scram_module} required;
listener.name.sasl_ssl.plain.sasl.jaas.config={plain_module} required user_plain="{password}";
listener.name.sasl_ssl.oauthbearer.sasl.jaas.config={oauth_module} required unsecuredLoginStringClaim_sub="b";

authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
allow.everyone.if.no.acl.found=false
super.users={super_users}

default.replication.factor=1
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
auto.create.topics.enable=false
message.max.bytes=16777216
group.initial.rebalance.delay.ms=0
group.coordinator.append.linger.ms=0
log.cleaner.dedupe.buffer.size=33554432
"""


@dataclass(frozen=True)
class SecureBroker:
    """A running broker: its ports, the authority that signed its certificate, and the users' password."""

    authority: Authority
    sasl: int
    mutual: int
    plain: int
    password: str

    def scram(self, user: str, **other: object) -> BrokerSettings:
        """Return the connection of a SCRAM user; `other` replaces single settings."""
        values = {
            "bootstrap": f"{HOST}:{self.sasl}",
            "security_protocol": "SASL_SSL",
            "ca_file": str(self.authority.certificate),
            "sasl_mechanism": SCRAM,
            "user": user,
            "password": SecretStr(self.password),
        }
        return BrokerSettings.model_validate({**values, **other})

    def certificate(self, pair: Pair | None, **other: object) -> BrokerSettings:
        """Return the connection with a client certificate, or without one; `other` replaces settings."""
        values = {
            "bootstrap": f"{HOST}:{self.mutual}",
            "security_protocol": "SSL",
            "ca_file": str(self.authority.certificate),
            "certificate_file": str(pair.certificate) if pair else "",
            "key_file": str(pair.key) if pair else "",
        }
        return BrokerSettings.model_validate({**values, **other})

    @property
    def plaintext(self) -> BrokerSettings:
        """The connection to the plaintext listener, on which every client is User:ANONYMOUS."""
        return BrokerSettings(bootstrap=f"{HOST}:{self.plain}")


@contextmanager
def secure_broker(
    folder: Path, users: Iterable[str], *, password: str, super_users: Iterable[str] = ()
) -> Iterator[SecureBroker]:
    """Run a secured broker in `folder`.

    Args:
        folder: empty folder of its files.
        users: names of SCRAM users beside `admin`; all have the same password.
        password: of every user, also of the PLAIN user `plain`.
        super_users: principals that no rule restricts, beside User:admin and the broker.

    Yields:
        The broker, ready for requests.
    """
    folder.mkdir(parents=True, exist_ok=True)
    authority = Authority(folder / "certificates")
    own = authority.issue("broker", address=HOST)
    broker = SecureBroker(authority, free_port(), free_port(), free_port(), password)
    configuration = folder / "server.properties"
    configuration.write_text(_configuration(folder, broker, own, super_users))
    tool = [ensure_java(), f"-Dlog4j2.configurationFile={RECIPE / 'log4j2.properties'}"]
    tool += ["-cp", f"{ensure_jars()}/*"]
    _format(tool, configuration, [ADMIN, *users], password)
    command = [*tool[:1], "-Xms256m", "-Xmx512m", *tool[1:], "kafka.Kafka", str(configuration)]
    with Processes(folder / "log") as processes:
        child = processes.start("broker", command, folder=folder, last=True)
        processes.wait_until(
            child,
            lambda: answers(broker.scram(ADMIN)),
            timeout_s=START_S,
            what="the secured broker to answer",
        )
        yield broker


def _configuration(folder: Path, broker: SecureBroker, own: Pair, super_users: Iterable[str]) -> str:
    modules = "org.apache.kafka.common.security"
    return CONFIGURATION.format(
        host=HOST,
        sasl=broker.sasl,
        mutual=broker.mutual,
        plain=broker.plain,
        controller=free_port(),
        folder=folder,
        keys=own.both,
        authority=broker.authority.certificate,
        scram_module=f"{modules}.scram.ScramLoginModule",
        plain_module=f"{modules}.plain.PlainLoginModule",
        oauth_module=f"{modules}.oauthbearer.OAuthBearerLoginModule",
        password=broker.password,
        super_users=";".join([f"User:{ADMIN}", "User:CN=broker", *super_users]),
    )


def _format(tool: list[str], configuration: Path, users: list[str], password: str) -> None:
    command = [*tool, "kafka.tools.StorageTool", "format", "-t", CLUSTER_ID, "-c", str(configuration)]
    for user in users:
        command += ["--add-scram", f"{SCRAM}=[name={user},password={password}]"]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr

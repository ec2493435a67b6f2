"""Settings of metrics, monitoring, tracing and logging."""

from typing import Literal

from pydantic import Field

from settings.sections.section import Port, Section


class MetricsSettings(Section):
    """Where each process serves Prometheus metrics; port 0 turns an endpoint off."""

    host: str = Field("127.0.0.1", min_length=1, description="address to listen on")
    worker_port: Port = Field(9301, description="port of the scorer, 0 to 65535")
    recorder_port: Port = Field(9302, description="port of the recorder, 0 to 65535")
    adapter_port: Port = Field(9303, description="port of the adaptation worker, 0 to 65535")
    monitor_port: Port = Field(9304, description="port of the monitor, 0 to 65535")
    console_port: Port = Field(9305, description="port of the console, 0 to 65535")
    decide_port: Port = Field(9306, description="port of the decision API, 0 to 65535")
    feed_port: Port = Field(0, description="port of produce and simulate, 0 to 65535")


class MonitoringSettings(Section):
    """How drift and quality are monitored."""

    every_s: float = Field(60.0, ge=1, le=86400, description="seconds between rounds, 1 to 86400")
    label_delay_days: float = Field(
        7.0,
        ge=0,
        le=365,
        description="age in days from which the labels of a day count as complete, 0 to 365",
    )
    false_alarm_bound: float = Field(
        0.01,
        ge=1e-6,
        le=0.5,
        description="bound of the probability that evidence of change ever raises a false alarm, 1e-6 to 0.5",
    )
    cards: int = Field(100, ge=1, le=100_000, description="k of card precision at k, 1 to 100000")


class TracingSettings(Section):
    """Where OpenTelemetry spans of transactions and episodes are sent."""

    endpoint: str = Field(
        "",
        pattern=r"^(https?://\S+)?$",
        description="OTLP/HTTP address of a collector, such as http://localhost:4318; empty is off",
    )
    share: float = Field(0.001, ge=0, le=1, description="share of transactions that is traced, 0 to 1")


class LoggingSettings(Section):
    """Level and format of log lines."""

    level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", description="least severe level shown"
    )
    format: Literal["text", "json"] = Field("text", description="text for people or json for machines")

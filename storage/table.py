"""The declarative base of all tables. Constraint names are fixed, so that migrations can name them."""

from sqlalchemy import BigInteger, Integer, MetaData
from sqlalchemy.orm import DeclarativeBase

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
}

# SQLite assigns row numbers only in a column declared INTEGER.
BigIdentity = BigInteger().with_variant(Integer, "sqlite")


class TableBase(DeclarativeBase):
    """Base of every mapped table. Times are seconds since 1970-01-01 UTC, as in the stream."""

    metadata = MetaData(naming_convention=NAMES)

"""Routes of users."""

from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import BaseModel, Field

from console.access import administration as service
from console.access.passwords import FEWEST_CHARACTERS, MOST_CHARACTERS
from console.access.rights import Right, Role
from console.access.viewer import Viewer
from console.api.fields import Name
from console.api.viewing import ContextOf, needs
from console.results.administration import UserCreated, UserList, UserRow

router = APIRouter(prefix="/users", tags=["administration"])

Administrator = Annotated[Viewer, needs(Right.ADMINISTER)]
Password = Annotated[str, Field(min_length=FEWEST_CHARACTERS, max_length=MOST_CHARACTERS)]


class UserCreate(BaseModel):
    """A new user; without a password, the answer holds a one-time link."""

    name: Name
    role: Role
    password: Password | None = None


class UserUpdate(BaseModel):
    """Fields to change."""

    role: Role | None = None
    active: bool | None = None
    password: Password | None = None
    remove_second_factor: bool = False


@router.get("")
def list_users(viewer: Annotated[Viewer, needs(Right.AUDIT)], context: ContextOf) -> UserList:
    """List users."""
    return service.list_users(context)


@router.post("", status_code=201)
def add_user(viewer: Administrator, context: ContextOf, new: UserCreate) -> UserCreated:
    """Add a user."""
    return service.add_user(context, viewer, new.name, new.role, new.password)


@router.patch("/{user_id}")
def change_user(
    viewer: Administrator,
    context: ContextOf,
    user_id: Annotated[int, Path(ge=1, le=2**53)],
    change: UserUpdate,
) -> UserRow:
    """Change role, password or access; all sessions of the user end."""
    return service.change_user(context, viewer, user_id, change.model_dump())

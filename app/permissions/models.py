"""What can be done with an object, by name. Each noun's type says which policy is asked for which."""

from enum import Enum

import strawberry


@strawberry.enum(description="Something that can be done with an object.")
class Permission(Enum):
    UPDATE = strawberry.enum_value("UPDATE", description="Change it; of a member, give them another role.")
    UPDATE_SETTINGS = strawberry.enum_value("UPDATE_SETTINGS", description="Change its settings.")
    CREATE_TEAM = strawberry.enum_value("CREATE_TEAM", description="Make a team in it.")
    CREATE_TASK = strawberry.enum_value("CREATE_TASK", description="Make a task in it, or move one there.")
    CREATE_DOCUMENT = strawberry.enum_value("CREATE_DOCUMENT", description="Make a document in it.")
    ADD_MEMBER = strawberry.enum_value("ADD_MEMBER", description="Bring somebody in.")
    MANAGE_API_KEYS = strawberry.enum_value("MANAGE_API_KEYS", description="Make, rotate and revoke API keys for it.")
    EXPORT = strawberry.enum_value("EXPORT", description="Have all of it written to a file.")
    MOVE = strawberry.enum_value("MOVE", description="Move it to a team in which they may make tasks.")
    DELETE = strawberry.enum_value("DELETE", description="Delete it; of a member, remove them, or leave.")
    RESTORE = strawberry.enum_value("RESTORE", description="Bring it back.")
    PURGE = strawberry.enum_value("PURGE", description="Remove it for good before its time.")

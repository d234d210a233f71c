"""What search reads of a task."""

from app.db.columns import table_of
from app.search.searchable import Searchable
from app.tasks.models import Task

tasks = table_of(Task)

TASKS = Searchable(
    "TASK", tasks, title=tasks.c.title, body=tasks.c.description, owners=(tasks.c.team_id, tasks.c.assignee_id)
)

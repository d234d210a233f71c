/** A task on the board. */
import { NavLink } from "react-router";

import type { CardFragment } from "../generated/graphql";
import { DUE_WINDOWS, PRIORITIES } from "../tasks/words";

export function Card({ task }: { task: CardFragment }) {
  return (
    <NavLink
      to={task.id}
      className="card"
      onDragStart={(event) => event.dataTransfer.setData("text/plain", task.id)}
      aria-label={`${task.key} ${task.title}`}
    >
      <span className="key">{task.key}</span>
      {task.title}
      <span className="facts">
        {task.priority !== "NONE" && <span className={`badge ${task.priority}`}>{PRIORITIES[task.priority]}</span>}
        {task.dueWindow && <span className={`badge ${task.dueWindow}`}>{DUE_WINDOWS[task.dueWindow]}</span>}
        {task.assignee && <Face name={task.assignee.user.name} />}
      </span>
    </NavLink>
  );
}

function Face({ name }: { name: string }) {
  const initials = name.split(" ").map((word) => word[0]);
  return (
    <span className="face" title={name}>
      {initials.join("").slice(0, 2)}
    </span>
  );
}

/** What a task has beside its text: each is written when it is chosen. */
import type { DetailsFragment } from "../generated/graphql";
import { useChangeTask } from "../tasks/useChangeTask";
import { PRIORITIES, STATUSES, valuesOf } from "../tasks/words";
import { Choice } from "./Choice";
import { TeamChoice } from "./TeamChoice";

export function Fields({ task, disabled }: { task: DetailsFragment; disabled: boolean }) {
  const change = useChangeTask();
  const members = task.team.members.edges.map(({ node }) => node);

  return (
    <fieldset className="fields" disabled={disabled}>
      <Choice
        label="Status"
        value={task.status}
        options={valuesOf(STATUSES).map((status) => [status, STATUSES[status]])}
        onChange={(status) => change(task, { status }, { status })}
      />
      <Choice
        label="Priority"
        value={task.priority}
        options={valuesOf(PRIORITIES).map((priority) => [priority, PRIORITIES[priority]])}
        onChange={(priority) => change(task, { priority }, { priority })}
      />
      <Choice
        label="Assignee"
        value={task.assignee?.id ?? ""}
        options={[["", "Nobody"], ...members.map(({ id, user }) => [id, user.name] as const)]}
        onChange={(id) => {
          const assignee = members.find((member) => member.id === id) ?? null;
          return change(task, { assigneeId: assignee?.id ?? null }, { assignee });
        }}
      />
      <label>
        Due
        <input
          type="date"
          value={task.dueDate ?? ""}
          onChange={({ target }) => {
            const dueDate = target.value || null;
            return change(task, { dueDate }, { dueDate });
          }}
        />
      </label>
      <TeamChoice task={task} />
    </fieldset>
  );
}

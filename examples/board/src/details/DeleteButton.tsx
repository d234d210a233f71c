/** Deletes the task that is open, and closes it. */
import { useNavigate } from "react-router";

import type { CardFragment } from "../generated/graphql";
import { useDeleteTask } from "../tasks/useDeleteTask";

export function DeleteButton({ task }: { task: CardFragment }) {
  const remove = useDeleteTask();
  const navigate = useNavigate();

  async function removeAndClose() {
    if (await remove(task)) void navigate("..");
  }

  return <button onClick={removeAndClose}>Delete</button>;
}

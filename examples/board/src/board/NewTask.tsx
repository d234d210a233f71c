/** Makes a task in a column. */
import { useMutation } from "@apollo/client/react";

import { graphql } from "../generated";
import type { TaskStatus } from "../generated/graphql";
import { useWrite } from "../messages/useWrite";
import { place } from "../tasks/place";
import { STATUSES } from "../tasks/words";

const CREATE = graphql(`
  mutation CreateTask($input: CreateTaskInput!) {
    createTask(input: $input) {
      task {
        ...Card
      }
      userErrors {
        code
        message
        path
      }
    }
  }
`);

export function NewTask({ teamId, status }: { teamId: string; status: TaskStatus }) {
  const [create] = useMutation(CREATE, {
    update: (cache, { data }) => data?.createTask?.task && place(cache, data.createTask.task),
  });
  const write = useWrite();

  async function save(form: FormData) {
    const input = { teamId, status, title: String(form.get("title")) };
    await write(create({ variables: { input } }), (data) => data.createTask);
  }

  return (
    <form action={save}>
      <input
        name="title"
        placeholder="New task"
        aria-label={`New task: ${STATUSES[status]}`}
        required
        maxLength={200}
      />
    </form>
  );
}

/** What people read for the values of the schema's enums, in the order in which they are offered. */
import type { DueWindow, TaskPriority, TaskStatus } from "../generated/graphql";

export const STATUSES = {
  BACKLOG: "Backlog",
  TODO: "To do",
  IN_PROGRESS: "In progress",
  IN_REVIEW: "In review",
  DONE: "Done",
  CANCELED: "Canceled",
} satisfies Record<TaskStatus, string>;

export const PRIORITIES = {
  NONE: "No priority",
  URGENT: "Urgent",
  HIGH: "High",
  MEDIUM: "Medium",
  LOW: "Low",
} satisfies Record<TaskPriority, string>;

export const DUE_WINDOWS = {
  OVERDUE: "Overdue",
  TODAY: "Today",
  THIS_WEEK: "This week",
  NEXT_WEEK: "Next week",
  LATER: "Later",
} satisfies Record<DueWindow, string>;

/** The values of one of these, typed. */
export function valuesOf<Value extends string>(words: Record<Value, string>): Value[] {
  return Object.keys(words) as Value[];
}

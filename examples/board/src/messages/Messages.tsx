/** Short messages at the foot of the window, some with something to do about them. */
import { createContext, type PropsWithChildren, useCallback, useContext, useState } from "react";

export interface Message {
  text: string;
  action?: { label: string; run: () => void };
}

const SHOWN_FOR = 8000; // milliseconds: long enough to undo

const Show = createContext<(message: Message) => void>(() => {});
export const useMessages = () => useContext(Show);

export function Messages({ children }: PropsWithChildren) {
  const [messages, setMessages] = useState<Message[]>([]);
  const remove = (message: Message) => setMessages((shown) => shown.filter((other) => other !== message));
  const show = useCallback((message: Message) => {
    setMessages((shown) => [...shown, message]);
    setTimeout(remove, SHOWN_FOR, message);
  }, []);

  return (
    <Show value={show}>
      {children}
      <div className="messages" role="status">
        {messages.map((message, index) => (
          <p key={index}>
            {message.text}
            {message.action && (
              <button
                onClick={() => {
                  remove(message);
                  message.action?.run();
                }}
              >
                {message.action.label}
              </button>
            )}
          </p>
        ))}
      </div>
    </Show>
  );
}

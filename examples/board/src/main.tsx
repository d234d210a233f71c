/** Where the board begins. */
import "./styles/base.css";
import "./styles/board.css";
import "./styles/pages.css";

import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { BrowserRouter } from "react-router";

import { App } from "./App";
import { Messages } from "./messages/Messages";
import { Session } from "./session/Session";

createRoot(document.getElementById("root")!).render(
  <StrictMode>
    <BrowserRouter>
      <Messages>
        <Session>
          <App />
        </Session>
      </Messages>
    </BrowserRouter>
  </StrictMode>,
);

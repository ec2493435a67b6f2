// A click must not overtake the text typed before it.
//
// Until the page is connected, NiceGUI lets every event wait by itself and looks every 10 ms, so two events
// can arrive in the wrong order. Here a button's click waits until the events before it have been sent.

const SENT_AFTER_MS = 50;
const waiting = [];

function clickWhenConnected() {
  if (!window.did_handshake) return setTimeout(clickWhenConnected, 10);
  setTimeout(() => waiting.splice(0).forEach((button) => button.click()), SENT_AFTER_MS);
}

function hold(event) {
  const button = event.target.closest?.("button");
  if (!button || !window.socket || window.did_handshake) return;
  event.stopImmediatePropagation();
  event.preventDefault();
  waiting.push(button);
  if (waiting.length === 1) clickWhenConnected();
}

addEventListener("click", hold, { capture: true });

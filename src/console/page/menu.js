// The menu of narrow screens: the views, and what of the header its one line has no room for.

export function menu(button) {
  const put = (isOpen) => {
    button.setAttribute("aria-expanded", isOpen);
    document.body.classList.toggle("menu", isOpen);
  };
  put(false);
  button.addEventListener("click", () => put(button.getAttribute("aria-expanded") === "false"));
  document.getElementById("nav").addEventListener("click", () => put(false));
  addEventListener("keydown", ({ key }) => {
    // Of a dialog above it the key closes the dialog alone.
    if (key !== "Escape" || !document.body.classList.contains("menu") || document.querySelector("dialog[open]")) return;
    put(false);
    button.focus();
  });
}

// Starts what every page has: theme, menus, copying, focus and announcements, forms, keys. Listeners are delegated, so
// that what HTMX swaps in works without a second start.
import { startFocus } from "./focus.js";
import { startForms } from "./forms.js";
import { startKeys } from "./keys.js";
import { startMenus } from "./menus.js";
import { startRetry } from "./retry.js";
import { startTheme } from "./theme.js";

startTheme();
startMenus();
startFocus();
startForms();
startKeys();
startRetry();

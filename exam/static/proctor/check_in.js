// The candidate's check-in page. When the server has what it needs, the page it sends next says what follows.

import { startCheckIn } from "./check_in_camera.js";

startCheckIn(JSON.parse(document.getElementById("check-in-data").textContent), () => location.reload());

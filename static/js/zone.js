/* Whoever sets Musubi up lives, most likely, in the time zone of their own computer. */

const zones = document.querySelector("select[name=time_zone]");
const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
const untouched = zones?.value === zones?.querySelector("[selected]")?.value && zones?.value === "UTC";
if (untouched && [...zones.options].some((option) => option.value === own)) zones.value = own;

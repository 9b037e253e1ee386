{{ tickets_followed() }}

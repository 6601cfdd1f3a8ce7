"""The JSON Schemas that are shipped: `config-1.json` and `report-1.json`, both derived from our types."""

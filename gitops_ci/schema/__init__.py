"""The JSON Schemas that are shipped: of configuration, waivers, reports and records, all derived from our types."""

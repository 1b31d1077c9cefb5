"""The first stage: every name of the plan is looked up in the catalog's and the model's slices, and everything that the
model defines is expanded, so that only tables, columns and conditions are left."""

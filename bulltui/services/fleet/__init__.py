"""Several servers as one: what each of them says, with the label of its server in every queue's name."""

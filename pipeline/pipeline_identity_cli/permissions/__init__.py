"""What a deployment needs, in every form: the work of the command `permissions`."""

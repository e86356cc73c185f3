"""The Pulumi policy pack: finds IAM documents in a stack's resources, joins those of one identity, reports."""

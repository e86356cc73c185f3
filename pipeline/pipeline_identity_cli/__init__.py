"""What a job does with its pipeline's AWS identity: the command `pipeline-identity`."""

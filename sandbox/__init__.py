"""AWS and the Pulumi engine on your own machine: nothing in here is needed to deploy to a real account."""

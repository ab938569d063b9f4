"""CodeDeploy for the compute platform Lambda: a model of its deployments, its API, and its service in the emulator."""

"""Extensions of the emulator, which run in its process and environment: the launcher, patches and CodeDeploy."""

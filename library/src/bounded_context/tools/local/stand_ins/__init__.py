"""Parts of AWS that the emulator lacks and the run executes: CodeDeploy, alarm states, restores, malware scans."""

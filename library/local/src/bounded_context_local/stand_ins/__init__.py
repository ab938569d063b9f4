"""Parts of AWS, and other systems, beside the emulator: malware scans, the X-Ray daemon, systems that rules call."""

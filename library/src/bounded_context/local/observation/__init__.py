"""What the local run tells of itself: its functions' logs, metrics, trace documents, and the trail of one aggregate."""

"""What is scheduled, as data: the resource-task network, lines of loads, the slots, the plant when a plan begins."""

"""Who watches the boards: gateways, clients, a browser."""

"""What the page costs the machine of the person who looks at it all day."""

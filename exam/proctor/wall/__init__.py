"""Who watches: the wall, one sitting, what may be done to it."""

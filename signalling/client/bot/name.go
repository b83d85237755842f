package bot

import "fmt"

// Name is the name of the n-th bot that sends clip's name, from 0: "Bot Alba",
// "Bot Alba 2". Everybody can tell that it is a bot.
func Name(first string, n int) string {
	if n == 0 {
		return "Bot " + first
	}
	return fmt.Sprintf("Bot %s %d", first, n+1)
}

package wire

// Terms are the terms of this service, of which our account has not accepted this
// version. SetPreferences accepts it.
type Terms struct {
	// Version names their text.
	Version string `json:"version"`
	// URL is where they are to be read: an address with https, or a path of this
	// server.
	URL string `json:"url"`
	// Required says that until it accepts them our account can neither place nor
	// enter a call, and gets termsNotAccepted. Calls ring all the same, and one
	// that goes on is not cut.
	Required bool `json:"required,omitzero"`
}

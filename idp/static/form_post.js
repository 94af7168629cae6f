// Sends an answer on to its application, as the button of the page would.
// No person has asked for this page: it is replaced in the browser's history.

HTMLFormElement.prototype.submit.call(document.getElementById("form-post"));

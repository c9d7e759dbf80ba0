// SPDX-License-Identifier: Apache-2.0
package example;

/** A payment, as a stream has it. */
public final class Payment {

  public int id;
  public double amount;
  public String country;

  public Payment() {}

  public Payment(int id, double amount, String country) {
    this.id = id;
    this.amount = amount;
    this.country = country;
  }
}
